-- Load a case that was put together into an open session and move to the next revision.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
--   loading  hash  the case that was put together
-- args:
--   case_id      text  the case's own id
--   trace_count  integer  how many traces the case holds
--   rules        text  the case's embedded rules as JSON
--   parts        integer  how many parts were staged before the last one
--   life_ms      integer  how long the parts are kept if the case is not loaded yet, in ms
--   ttl_ms       integer  life after the last use, in ms
--   tag          text  a random one, new with each write
--   fields       list  the last part: names and values of the case's fields, in turn
-- replies:
--   ok         the new revision
--   unindexed  what the session's rules ignore, as JSON, and the ids of that which no index is for
--   lost       the parts have expired
--   gone       no open session has this id
--   closing    a close is under way
-- atomic: case, renewal of its rules and cursors, and revision together.
-- include: refusal, put, missing, renew
local refused = refusal(session)
if refused then
  return { refused }
end
if tonumber(redis.call('HGET', loading, 'parts') or 0) ~= tonumber(parts) then
  return { 'lost' }
end
put(loading, fields)
local ignores = redis.call('HMGET', session, 'ignores', 'ignoreIds')
local lacking = missing(loading, ignores[2] or '')
if lacking ~= '' then
  redis.call('HINCRBY', loading, 'parts', 1)
  redis.call('PEXPIRE', loading, life_ms)
  return { 'unindexed', ignores[1], lacking }
end
redis.call('HDEL', loading, 'parts')
redis.call('UNLINK', case, case_claims, cursors)
redis.call('RENAME', loading, case)
local revision = redis.call('HINCRBY', session, 'revision', 1)
redis.call('HSET', session, 'caseId', case_id, 'traceCount', trace_count, 'caseRules', rules,
  'caseTag', tag, 'tag', tag)
renew(session, ttl_ms)
return { 'ok', revision }
