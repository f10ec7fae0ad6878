-- Replace one document of an open session wholesale and move to the next revision.
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
--   tag     text  a random one, new with each write
--   fields  list  names and values of the session's fields, in turn
-- replies:
--   ok       the new revision
--   gone     no open session has this id
--   closing  a close is under way
-- atomic: document, revision and renewal together.
-- include: refusal, put, renew
local refused = refusal(session)
if refused then
  return { refused }
end
put(session, fields)
redis.call('HSET', session, 'tag', tag)
renew(session, ttl_ms)
return { 'ok', redis.call('HINCRBY', session, 'revision', 1) }
