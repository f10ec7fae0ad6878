-- Confirm decisions that were made by rules which a replica had at hand, and count their hits.
-- keys:
--   session  hash  the session
-- args:
--   ttl_ms   integer  life after the last use, in ms
--   version  text     of the documents by which it was decided
--   hits     integer  how many of the hops are answered
-- replies:
--   ok     the decisions stand
--   stale  the documents are others by now: nothing was counted
--   due    the session is to be renewed with all its keys, which another script does: nothing was counted
--   gone   no open session has this id
-- atomic: check and count together: what is answered was right when it was counted.
-- ack: memory
-- include: refusal, outdated, even_when_full, is_due
local refused, left = refusal(session)
if refused == 'gone' then
  return { 'gone' }
end
if outdated(session, version) then
  return { 'stale' }
end
if is_due(left, ttl_ms) then
  return { 'due' }
end
if hits ~= '0' then
  even_when_full(session)
  redis.call('HINCRBY', session, 'injectedSpans', hits)
end
return { 'ok' }
