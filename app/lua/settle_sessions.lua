-- Note what has been seen of sessions that are counted as open.
-- keys:
--   record    hash  the organisation: its tier and its own limits
--   used      hash  the month that is counted: sessions, bytes; and bytes that uploads under way hold
--   minute    zset  creates of the last 60 s by their time
--   live      zset  open sessions by when they were last known to be open
--   reserved  zset  those of them that nobody has seen yet since their create was charged, by that time
--   holds     zset  bytes that uploads under way hold ("session bytes nonce") by their time
--   counted   hash  how many bytes of a session were counted already, and how many it was told to have kept
-- args:
--   life_ms  integer  life of what is counted after the last change, in ms
--   seen     list  a session's id and what it is, in turn: open, ended, or never for one that was not created
-- replies:
--   ok  how many of them are no longer counted as open
-- atomic: a charge is given back once, in every quota, and only while it is reserved.
-- include: now_ms, month_of, keep_counts
local now, freed = now_ms(), 0
for i = 1, #seen, 2 do
  local session, state = seen[i], seen[i + 1]
  local charged = redis.call('ZSCORE', reserved, session)
  redis.call('ZREM', reserved, session)
  if state ~= 'open' then
    freed = freed + redis.call('ZREM', live, session)
    redis.call('HDEL', counted, session, session .. ' told')
  elseif redis.call('ZSCORE', live, session) then
    redis.call('ZADD', live, string.format('%.0f', now), session)
  end
  if state == 'never' and charged then
    redis.call('ZREM', minute, session)
    if month_of(tonumber(charged)) == tonumber(redis.call('HGET', used, 'month') or 0) then
      redis.call('HINCRBY', used, 'sessions', -1)
    end
  end
end
keep_counts(life_ms)
return { 'ok', freed }
