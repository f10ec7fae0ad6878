-- Try every command that the scripts and the runtime use on a key of no meaning, which is gone afterwards.
-- keys:
--   probe  any  the key of no meaning
-- args:
--   expiry_ms  integer  how long the key would stay if it could not be removed, in ms
-- replies:
--   ok      all is permitted
--   denied  the commands that the store's user may not run
-- atomic: nobody else sees the key.
-- ack: memory
local tries = {
  { 'EXISTS', probe }, { 'HSET', probe, 'a', '1' }, { 'PEXPIRE', probe, expiry_ms }, { 'PTTL', probe },
  { 'HGET', probe, 'a' }, { 'HMGET', probe, 'a' }, { 'HGETALL', probe }, { 'HINCRBY', probe, 'a', 1 }, { 'HEXISTS', probe, 'a' },
  { 'RENAME', probe, probe }, { 'HDEL', probe, 'a' },
  { 'UNLINK', probe }, { 'SADD', probe, 'a' }, { 'SISMEMBER', probe, 'a' }, { 'SMISMEMBER', probe, 'a' },
  { 'UNLINK', probe },
  { 'RPUSH', probe, 'a' }, { 'LRANGE', probe, 0, 0 }, { 'UNLINK', probe },
  { 'ZADD', probe, 0, 'a' }, { 'ZRANGE', probe, 0, 0 }, { 'ZREM', probe, 'a' }, { 'UNLINK', probe },
  { 'ZCARD', probe }, { 'ZSCORE', probe, 'a' }, { 'ZREMRANGEBYSCORE', probe, 0, 0 },
  { 'XADD', probe, '*', 'a', '1' }, { 'XREVRANGE', probe, '+', '-', 'COUNT', 1 }, { 'UNLINK', probe },
  { 'TIME' },
}
local denied = { 'denied' }
for _, command in ipairs(tries) do
  local reply = redis.pcall(unpack(command))
  local told = type(reply) == 'table' and reply.err or ''
  local is_denied = string.find(told, "can't run this command") or string.find(told, 'has no permissions')
  if is_denied and denied[#denied] ~= command[1] then
    denied[#denied + 1] = command[1]
  end
end
return #denied > 1 and denied or { 'ok' }
