-- Put a written capture into its organisation's index and keep the newest ones.
-- keys:
--   open      sorted set  ids of open sessions, not written here
--   captures  sorted set  ids of captures, all with score 0: the order of the ids is that of creation
--   entries   hash  each capture's listing entry
-- args:
--   capture_id  text  the session's id
--   entry       text  the listing entry as JSON
--   keep        integer  how many captures stay listed
--   ttl_ms      integer  life of the index after the last capture, in ms
-- replies:
--   ok  indexed
-- atomic: id and entry come and go together.
-- Taking away comes first: a store that is full is not to keep a close from its end.
redis.call('ZREM', captures, capture_id)
redis.call('ZADD', captures, 0, capture_id)
redis.call('HSET', entries, capture_id, entry)
local spare = redis.call('ZRANGE', captures, 0, -(tonumber(keep) + 1))
for _, id in ipairs(spare) do
  redis.call('ZREM', captures, id)
  redis.call('HDEL', entries, id)
end
redis.call('PEXPIRE', captures, ttl_ms)
redis.call('PEXPIRE', entries, ttl_ms)
return { 'ok' }
