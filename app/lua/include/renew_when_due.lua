-- The same, unless the last renewal is less than a hundredth of the life ago (http-control-api.md).
local function renew_when_due(session, ttl_ms)
  local left = redis.call('PTTL', session) - tonumber(redis.call('HGET', session, 'grace'))
  if left < tonumber(ttl_ms) * 0.99 then
    renew(session, ttl_ms)
  end
end
