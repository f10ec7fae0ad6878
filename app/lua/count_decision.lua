-- Count an inject decision in a session's stats.
-- keys:
--   session  hash  the session
--   case     string  the loaded case, compressed
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   used     hash  consumed rules and replay cursors
-- args:
--   counter      text  injectedSpans or strictMisses
--   strict_miss  text  the missed hop as JSON; empty leaves the last one
--   ttl_ms       integer  life after the last use, in ms
-- replies:
--   ok    counted
--   gone  no open session has this id
-- atomic: count, last strict miss and renewal together; an expired session is not revived.
-- ack: memory
-- include: refusal, renew
local refused = refusal(session)
if refused == 'gone' then
  return { refused }
end
redis.call('HINCRBY', session, counter, 1)
if strict_miss ~= '' then
  redis.call('HSET', session, 'lastStrictMiss', strict_miss)
end
if not refused then
  renew(session, ttl_ms)
end
return { 'ok' }
