-- Leave of a session only the mark that it was closed, for as long as a second close is to be told so.
local function entomb(session, tombstone_ms)
  local kept = redis.call('HMGET', session, 'schema', 'mode', 'createdAt', 'caller', 'project')
  -- Taking away comes first, for a store that is full.
  redis.call('UNLINK', unpack(KEYS))
  redis.call('HSET', session, 'schema', kept[1], 'mode', kept[2], 'createdAt', kept[3], 'state', 'closed', 'grace', '0')
  if kept[4] then
    redis.call('HSET', session, 'caller', kept[4])
  end
  if kept[5] then
    redis.call('HSET', session, 'project', kept[5])
  end
  redis.call('PEXPIRE', session, tombstone_ms)
end
