-- Renew an open session's life after a use that wrote nothing.
-- keys:
--   session  hash  the session
--   case     string  the loaded case, compressed
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   used     hash  consumed rules and replay cursors
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
