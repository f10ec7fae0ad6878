-- Hand out the next of the loaded case's recordings that agree with a hop, and count the hit.
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
--   rule      text  the place in its layer of a rule that answers once; empty for another
--   ignored   text  the id of what the rule ignores
--   port      text  the port that the hop names; empty for none
--   line      text  the field of the shapes of redacted recordings; empty once they are regarded
--   ttl_ms    integer  life after the last use, in ms
--   recordings  list  the fields of the recordings that agree
-- replies:
--   ok      the recording's answer
--   shapes  the shapes of redacted recordings, to be regarded in the fields: ask again
--   none    no recording agrees
--   spent   the rule answers once, and another hop has had it
--   stale   a document was replaced meanwhile: decide again
--   gone    no open session has this id
-- atomic: cursor, claim and count move together, and only for a recording that is handed out.
-- include: refusal, outdated, run_of, number_at, runs_for, next_of, even_when_full, renew
local refused, _, revision, tag = refusal(session, 'revision', 'tag')
if refused == 'gone' then
  return { 'gone' }
end
if outdated(revision, tag, version) then
  return { 'stale' }
end
local spent = layer == 'case' and case_claims or claims
if rule ~= '' and redis.call('SISMEMBER', spent, rule) == 1 then
  return { 'spent' }
end
local shapes = line ~= '' and redis.call('HGET', case, line)
if shapes then
  return { 'shapes', shapes }
end
even_when_full(session)
local number = next_of(runs_for(case, recordings, port), case, ignored, cursors)
if not number then
  return { 'none' }
end
if rule ~= '' then
  redis.call('SADD', spent, rule)
end
redis.call('HINCRBY', session, 'injectedSpans', 1)
renew(session, ttl_ms)
return { 'ok', redis.call('HGET', case, 'a:' .. number) }
