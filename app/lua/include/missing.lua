-- Those of the ids, spaces between them, for which a case has no index.
local function missing(case, ignore_ids)
  local found = {}
  for id in string.gmatch(ignore_ids, '%x+') do
    if redis.call('HEXISTS', case, 'i:' .. id) == 0 then
      found[#found + 1] = id
    end
  end
  return table.concat(found, ' ')
end
