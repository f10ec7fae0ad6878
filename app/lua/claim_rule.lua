-- Claim a rule that decides about one hop in its life, and count the hit that it makes.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   version   text  that of the documents by which the rule was chosen
--   layer     text  session or case: whose rule it is
--   rule      integer  the rule's place in its layer
--   is_hit    flag  1: the hop is answered, which is counted
--   ttl_ms    integer  life after the last use, in ms
-- replies:
--   ok     the rule is the caller's
--   spent  another hop has had it
--   stale  a document was replaced meanwhile: decide again
--   gone   no open session has this id
-- atomic: one caller gets the rule, and its hit is counted with it.
-- include: refusal, outdated, even_when_full, renew
local refused, _, revision, tag = refusal(session, 'revision', 'tag')
if refused == 'gone' then
  return { 'gone' }
end
if outdated(revision, tag, version) then
  return { 'stale' }
end
even_when_full(session)
if redis.call('SADD', layer == 'case' and case_claims or claims, rule) == 0 then
  return { 'spent' }
end
if is_hit == '1' then
  redis.call('HINCRBY', session, 'injectedSpans', 1)
end
renew(session, ttl_ms)
return { 'ok' }
