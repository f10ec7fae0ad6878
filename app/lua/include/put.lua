-- Set fields of a hash, given as names and values in turn.
local function put(key, fields)
  for i = 1, #fields, 2 do
    redis.call('HSET', key, fields[i], fields[i + 1])
  end
end
