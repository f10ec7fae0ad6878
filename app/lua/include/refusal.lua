-- Why a session takes no change now: 'gone' (never was, lapsed or closed), 'closing', or nil while open.
-- A capture session outlives its last use by its grace, so that the sweeper can flush what it holds:
-- once no more than the grace is left of the key's life, the session has lapsed.
-- The second value is how much of its life is left otherwise, in ms.
-- What another age of the runtime wrote in a form that this one does not know stays as it is.
local function refusal(session)
  local held = redis.call('HMGET', session, 'state', 'grace', 'schema')
  if held[3] and held[3] ~= '1' then
    error('SCHEMA of the session is ' .. held[3] .. ', this version knows 1')
  end
  if held[1] ~= 'open' and held[1] ~= 'closing' then
    return 'gone'
  end
  local left = redis.call('PTTL', session) - tonumber(held[2])
  if left <= 0 then
    return 'gone'
  end
  return held[1] == 'closing' and 'closing' or nil, left
end
