-- Add fields to the loaded case: an index for something more that rules may ignore.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   case_tag  text  the tag of the write that loaded the case
--   fields    list  names and values of the case's fields, in turn
-- replies:
--   ok       added
--   stale    another case has been loaded
--   gone     no open session has this id
--   closing  a close is under way
-- atomic: the fields never come to another case, nor to one that has expired.
-- include: refusal, put
local refused = refusal(session)
if refused then
  return { refused }
end
local loaded = redis.call('HGET', session, 'caseTag')
if loaded ~= case_tag or redis.call('EXISTS', case) == 0 then
  return { 'stale' }
end
put(case, fields)
return { 'ok' }
