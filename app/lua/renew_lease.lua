-- Prolong a close's lease while its owner is at work.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   owner     text  who closes
--   lease_ms  integer  the lease from now, in ms
-- replies:
--   ok    prolonged
--   lost  another owner has taken the close over, or it has ended
-- atomic: ownership is checked with the renewal.
-- ack: memory
-- include: owns, now_ms
if not owns(session, owner) then
  return { 'lost' }
end
local lease = now_ms() + tonumber(lease_ms)
-- Taking away comes first, for a store that is full.
redis.call('HDEL', session, 'leaseUntil')
redis.call('HSET', session, 'leaseUntil', string.format('%.0f', lease))
return { 'ok' }
