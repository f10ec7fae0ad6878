-- Confirm decisions that were made by rules which a replica had at hand, and count their hits.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   ttl_ms   integer  life after the last use, in ms
--   version  text     of the documents by which it was decided
--   hits     integer  how many of the hops are answered
-- replies:
--   ok     the decisions stand
--   stale  the documents are others by now: nothing was counted
--   gone   no open session has this id
-- atomic: check and count together: what is answered was right when it was counted.
-- ack: memory
-- include: refusal, outdated, even_when_full, renew, renew_when_due
if refusal(session) == 'gone' then
  return { 'gone' }
end
if outdated(session, version) then
  return { 'stale' }
end
if hits ~= '0' then
  even_when_full(session)
  redis.call('HINCRBY', session, 'injectedSpans', hits)
end
renew_when_due(session, ttl_ms)
return { 'ok' }
