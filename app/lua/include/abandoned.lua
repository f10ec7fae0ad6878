-- Whether a session that is being closed has lost its owner: the lease ran out before the close ended.
local function abandoned(session)
  local lease = tonumber(redis.call('HGET', session, 'leaseUntil') or 0)
  return lease <= now_ms()
end
