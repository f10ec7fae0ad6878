-- Renew an open session's life after a use that wrote nothing.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   ttl_ms  integer  life after the last use, in ms
-- replies:
--   ok       renewed
--   gone     no open session has this id
--   closing  a close is under way; its keys live long enough
-- atomic: check and renewal together, so that a lapsed session is not revived.
-- ack: memory
-- include: refusal, renew
local refused = refusal(session)
if refused then
  return { refused }
end
renew(session, ttl_ms)
return { 'ok' }
