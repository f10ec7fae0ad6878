-- Load a case into an open session in the place of the one before and move to the next revision.
-- keys:
--   session  hash  the session
--   case     string  the loaded case, compressed
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   used     hash  consumed rules and replay cursors
-- args:
--   document     text  the case document, compressed
--   case_id      text  the case's own id
--   trace_count  integer  how many traces the case holds
--   rules        text  the case's embedded rules as JSON
--   ttl_ms       integer  life after the last use, in ms
-- replies:
--   ok       the new revision
--   gone     no open session has this id
--   closing  a close is under way
-- atomic: case, revision and renewal together.
-- include: refusal, renew
local refused = refusal(session)
if refused then
  return { refused }
end
redis.call('SET', case, document)
redis.call('HSET', session, 'caseId', case_id, 'traceCount', trace_count, 'caseRules', rules)
renew(session, ttl_ms)
return { 'ok', redis.call('HINCRBY', session, 'revision', 1) }
