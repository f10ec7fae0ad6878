-- The first recording of these runs that was not handed out, and the last one where all were; as text.
local function next_of(runs, case, ignored, cursors)
  local number, moved, position
  local last = -1
  for _, run in ipairs(runs) do
    local at = tonumber(redis.call('HGET', cursors, run.name) or 0)
    local candidate = number_at(run, math.min(at, run.count - 1), case, ignored)
    if at < run.count and (not number or candidate < number) then
      number, moved, position = candidate, run, at
    end
    last = math.max(last, candidate)
  end
  if moved then
    redis.call('HSET', cursors, moved.name, position + 1)
    return string.format('%.0f', number)
  end
  return last >= 0 and string.format('%.0f', last) or nil
end
