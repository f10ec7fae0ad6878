-- Replace an open session's rules wholesale and move to the next revision.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   document    text  the rules document
--   rule_count  integer  how many rules it holds
--   ignores     text  what its replay rules ignore, as JSON
--   ignore_ids  text  the ids of that, spaces between them
--   ttl_ms      integer  life after the last use, in ms
--   tag         text  a random one, new with each write
-- replies:
--   ok         the new revision
--   unindexed  those of the ids for which the loaded case has no index yet
--   gone       no open session has this id
--   closing    a close is under way
-- atomic: document, renewal of its rules and revision together.
-- include: refusal, missing, renew
local refused = refusal(session)
if refused then
  return { refused }
end
local has_case = redis.call('HEXISTS', session, 'caseTag') == 1
local lacking = has_case and missing(case, ignore_ids) or ''
if lacking ~= '' then
  return { 'unindexed', lacking }
end
-- What may grow comes first, so that a store that is full refuses it.
local revision = redis.call('HINCRBY', session, 'revision', 1)
redis.call('UNLINK', claims)
redis.call('HSET', session, 'rules', document, 'ruleCount', rule_count, 'ignores', ignores,
  'ignoreIds', ignore_ids, 'tag', tag)
renew(session, ttl_ms)
return { 'ok', revision }
