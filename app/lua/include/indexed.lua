-- Whether a case is indexed for all that these ids name, spaces between them.
local function indexed(case, ignore_ids)
  for id in string.gmatch(ignore_ids, '%x+') do
    if redis.call('HEXISTS', case, 'i:' .. id) == 0 then
      return false
    end
  end
  return true
end
