-- Why a session takes no change now: 'gone' (never was, lapsed or closed), 'closing', or nil while open.
-- A capture session outlives its last use by its grace, so that the sweeper can flush what it holds:
-- once no more than the grace is left of the key's life, the session has lapsed.
local function refusal(session)
  local held = redis.call('HMGET', session, 'state', 'grace')
  local known = held[1] == 'open' or held[1] == 'closing'
  if not known or redis.call('PTTL', session) <= tonumber(held[2]) then
    return 'gone'
  end
  return held[1] == 'closing' and 'closing' or nil
end
