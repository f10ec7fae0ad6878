-- The number of a recording by its position in a run, from 0.
local function number_at(run, position, case, ignored)
  if run.count == 1 then
    return run.start
  end
  local place = run.start + position
  local block = redis.call('HGET', case, 'o:' .. ignored .. ':' .. math.floor(place / 256))
  local first, second, third, fourth = string.byte(block, place % 256 * 4 + 1, place % 256 * 4 + 4)
  return ((first * 256 + second) * 256 + third) * 256 + fourth
end
