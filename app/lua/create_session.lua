-- Create a session at revision 1, unless its id is taken.
-- keys:
--   session  hash  the session
--   case     hash  not written yet
--   spans    list  not written yet
--   seen     set  not written yet
--   claims   set  not written yet
--   case_claims  set  not written yet
--   cursors  hash  not written yet
-- args:
--   mode      text  capture, replay or generate
--   policy    text  the policy document as JSON
--   project   text  the project that the session belongs to; empty for none
--   grace_ms  integer  how long a lapsed session is kept for the sweeper, in ms
--   ttl_ms    integer  life after the last use, in ms
--   tag       text  a random one, new with each write
-- replies:
--   ok     the time of creation, in ms since the epoch
--   taken  the id is in use
-- atomic: the whole session appears at once, with its expiry.
-- include: now_ms, renew
if redis.call('EXISTS', session) == 1 then
  return { 'taken' }
end
local created = string.format('%.0f', now_ms())
redis.call('HSET', session, 'schema', '1', 'mode', mode, 'state', 'open', 'revision', '1', 'tag', tag,
  'createdAt', created, 'grace', grace_ms, 'policy', policy)
if project ~= '' then
  redis.call('HSET', session, 'project', project)
end
renew(session, ttl_ms)
return { 'ok', created }
