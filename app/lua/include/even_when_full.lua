-- Let the writes that follow be made where the store is full too: a server refuses a first write that may
-- grow, but none after one that takes away. Only for what is small and bounded.
local function even_when_full(session)
  redis.call('HDEL', session, '')
end
