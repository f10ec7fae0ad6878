-- The recordings that a field of the index names, 'count start name :port'; nil where there are none.
-- The name is that of their cursor; a single recording stands itself in the place of the start.
local function run_of(entry, port)
  local count, start, name, only = string.match(entry or '', '^(%d+) (%d+) ?(%x*) ?:?(%d*)$')
  if not count or (only ~= '' and port ~= '' and only ~= port) then
    return nil
  end
  return { count = tonumber(count), start = tonumber(start), name = name ~= '' and name or start }
end
