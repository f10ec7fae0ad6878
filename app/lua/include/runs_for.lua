-- The recordings behind the fields that a hop asks for: those that name another port left out.
local function runs_for(case, keys, port)
  local runs = {}
  for _, key in ipairs(keys) do
    local found = redis.call('HMGET', case, key, key .. ':', key .. ':' .. port)
    if port ~= '' and found[2] then
      runs[#runs + 1] = run_of(found[2], port)
      runs[#runs + 1] = run_of(found[3], port)
    else
      runs[#runs + 1] = run_of(found[1], port)
    end
  end
  return runs
end
