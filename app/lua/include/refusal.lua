-- Why a session takes no change now: 'gone' (never was, lapsed or closed), 'closing', or nil while open.
-- A capture session outlives its last use by its grace, so that the sweeper can flush what it holds:
-- once no more than the grace is left of the key's life, the session has lapsed.
-- What another age of the runtime wrote in a form that this one does not know stays as it is.
local function refusal(session)
  local held = redis.call('HMGET', session, 'state', 'grace', 'schema')
  if held[3] and held[3] ~= '1' then
    error('SCHEMA of the session is ' .. held[3] .. ', this version knows 1')
  end
  local known = held[1] == 'open' or held[1] == 'closing'
  if not known or redis.call('PTTL', session) <= tonumber(held[2]) then
    return 'gone'
  end
  return held[1] == 'closing' and 'closing' or nil
end
