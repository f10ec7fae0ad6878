-- Put a part of a case beside the loaded one, where no reader looks.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
--   loading  hash  the case that is being put together
-- args:
--   life_ms  integer  how long the parts are kept after the last one, in ms
--   fields   list  names and values of the case's fields, in turn
-- replies:
--   ok       kept for now
--   gone     no open session has this id
--   closing  a close is under way
-- atomic: what is kept never lacks an expiry.
-- ack: memory
-- include: refusal, put
local refused = refusal(session)
if refused then
  return { refused }
end
put(loading, fields)
redis.call('HINCRBY', loading, 'parts', 1)
redis.call('PEXPIRE', loading, life_ms)
return { 'ok' }
