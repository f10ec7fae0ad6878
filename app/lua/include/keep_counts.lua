-- Let what is counted of an organisation live on; its record, which is not counted, has a life of its own.
local function keep_counts(life_ms)
  for _, key in ipairs({ minute, live, reserved, holds, counted, used }) do
    redis.call('PEXPIRE', key, life_ms)
  end
end
