-- Write down a new key, of which only the SHA-256 is known here.
-- keys:
--   key  hash  the key's record; it has no expiry until it is rotated
-- args:
--   fields  list  names and values of the record's fields, in turn
-- replies:
--   ok  the time of creation, in ms since the epoch
-- atomic: the whole record appears at once, and with it the key works.
-- include: now_ms, put
local created = string.format('%.0f', now_ms())
put(key, fields)
redis.call('HSET', key, 'createdAt', created)
return { 'ok', created }
