-- Give all keys of a session their full life again, counted from now.
local function renew(session, ttl_ms)
  local life = tonumber(ttl_ms) + tonumber(redis.call('HGET', session, 'grace'))
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, life)
  end
end
