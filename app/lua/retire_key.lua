-- Let a key that has a successor end after a while.
-- keys:
--   key  hash  the key's record
-- args:
--   life_ms  integer  how long it works yet, in ms
-- replies:
--   ok       when it ends, in ms since the epoch
--   retired  the same, of a key that has been rotated before
--   gone     there is no such key
-- atomic: the record and its end belong together, and the end is set once.
-- include: now_ms
local held = redis.call('HMGET', key, 'id', 'expiresAt')
if not held[1] then
  return { 'gone' }
end
if held[2] then
  return { 'retired', held[2] }
end
local ends = string.format('%.0f', now_ms() + tonumber(life_ms))
redis.call('HSET', key, 'expiresAt', ends)
redis.call('PEXPIRE', key, life_ms)
return { 'ok', ends }
