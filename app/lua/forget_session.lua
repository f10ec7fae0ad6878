-- Take back a session whose creation nobody was told of, or see to it that it never comes to be.
-- The mark that stays says that there was none, for whoever is to give back its charge.
-- A create that was sent and not answered may be made at any later time; after this its id is taken.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   tag           text  the one that it was to be created with
--   tombstone_ms  integer  how long its id stays taken, in ms
-- replies:
--   ok     it is not there and will not be
--   other  another one has the id
-- atomic: nothing of it is left.
local held = redis.call('HGET', session, 'tag')
if redis.call('EXISTS', session) == 1 and held ~= tag then
  return { 'other' }
end
redis.call('UNLINK', unpack(KEYS))
redis.call('HSET', session, 'schema', '1', 'state', 'closed', 'grace', '0', 'forgotten', '1')
redis.call('PEXPIRE', session, tombstone_ms)
return { 'ok' }
