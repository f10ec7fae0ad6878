-- Note when a session is to be looked at by the sweeper.
-- keys:
--   due  zset  when each session lapses
-- args:
--   member   text  the session's name in the index
--   in_ms    integer  when to look, counted from now, in ms
--   keep_ms  integer  the index's life after its last use, in ms
--   unless_noted  flag  1: a time that is noted already stays
-- replies:
--   ok  noted
-- atomic: the time is the store's own, and the index never lacks an expiry.
-- ack: memory
-- include: now_ms
if unless_noted == '1' and redis.call('ZSCORE', due, member) then
  return { 'ok' }
end
local due_ms = now_ms() + tonumber(in_ms)
-- Taking away comes first: a store that is full is not to keep the sweeper from what frees it.
redis.call('ZREM', due, member)
redis.call('ZADD', due, string.format('%.0f', due_ms), member)
redis.call('PEXPIRE', due, keep_ms)
return { 'ok' }
