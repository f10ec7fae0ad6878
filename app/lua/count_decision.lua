-- Count an inject decision in a session's stats.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   counter      text  injectedSpans or strictMisses
--   strict_miss  text  the missed hop as JSON; empty leaves the last one
--   ttl_ms       integer  life after the last use, in ms
-- replies:
--   ok    counted
--   gone  no open session has this id
-- atomic: count, last strict miss and renewal together; an expired session is not revived.
-- ack: memory
-- include: refusal, even_when_full, renew
if refusal(session) == 'gone' then
  return { 'gone' }
end
even_when_full(session)
redis.call('HINCRBY', session, counter, 1)
if strict_miss ~= '' then
  redis.call('HSET', session, 'lastStrictMiss', strict_miss)
end
renew(session, ttl_ms)
return { 'ok' }
