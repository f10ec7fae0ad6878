-- Why a session takes no change now: 'gone' (never was, lapsed or closed), 'closing', or nil while open.
-- A capture session outlives its last use by its grace, so that the sweeper can flush what it holds:
-- once no more than the grace is left of the key's life, the session has lapsed.
-- The second value is how much of its life is left otherwise, in ms; behind it is what the session
-- holds in the fields that are named besides.
-- What another age of the runtime wrote in a form that this one does not know stays as it is.
local function refusal(session, ...)
  local held = redis.call('HMGET', session, 'state', 'grace', 'schema', ...)
  local state, grace, schema = held[1], held[2], held[3]
  if schema and schema ~= '1' then
    error('SCHEMA of the session is ' .. schema .. ', this version knows 1')
  end
  if state ~= 'open' and state ~= 'closing' then
    return 'gone'
  end
  local left = redis.call('PTTL', session) - tonumber(grace)
  if left <= 0 then
    return 'gone'
  end
  return state == 'closing' and 'closing' or nil, left, unpack(held, 4)
end
