-- Prolong a close's lease while its owner is at work.
-- keys:
--   session  hash  the session
--   case     string  the loaded case, compressed
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   used     hash  consumed rules and replay cursors
-- args:
--   owner     text  who closes
--   lease_ms  integer  the lease from now, in ms
-- replies:
--   ok    prolonged
--   lost  another owner has taken the close over, or it has ended
-- atomic: ownership is checked with the renewal.
-- ack: memory
local held = redis.call('HMGET', session, 'state', 'owner')
if held[1] ~= 'closing' or held[2] ~= owner then
  return { 'lost' }
end
local now = redis.call('TIME')
local lease = now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(lease_ms)
redis.call('HSET', session, 'leaseUntil', string.format('%.0f', lease))
return { 'ok' }
