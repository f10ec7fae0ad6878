-- Count what an upload has kept, and let go what it held for that.
-- The session says how much it has kept in all, so that an upload whose replica was killed can be settled by
-- another one, and what was kept before costs nothing again. Of two uploads the later one may be counted first, and the
-- earlier one then knows of less: so the most that a session was told to have kept is remembered. Where the session
-- has ended before it could be asked, all that was held counts. A hold is settled once, whoever does it.
-- keys:
--   record    hash  the organisation: its tier and its own limits
--   used      hash  the month that is counted: sessions, bytes; and bytes that uploads under way hold
--   minute    zset  creates of the last 60 s by their time
--   live      zset  open sessions by when they were last known to be open
--   reserved  zset  those of them that nobody has seen yet since their create was charged, by that time
--   holds     zset  bytes that uploads under way hold ("session bytes nonce") by their time
--   counted   hash  how many bytes of a session were counted already, and how many it was told to have kept
-- args:
--   session  text  the session's id
--   hold     text  the hold's name
--   total    integer  how many bytes the session has kept since its creation; -1 if it cannot be asked any more
--   held_to  text  a tier whose limits bound the call besides the organisation's own; empty for none
--   presets  text  the limits of the tiers
--   life_ms  integer  life of what is counted after the last change, in ms
-- replies:
--   ok  the standings afterwards (include/standings.lua)
-- atomic: what is let go and what is counted change together.
-- include: now_ms, month_of, limit_of, standings, keep_counts
standings(now_ms(), held_to, presets)
if redis.call('ZREM', holds, hold) == 1 then
  local bytes = tonumber(string.match(hold, ' (%d+) '))
  local told = session .. ' told'
  local known = redis.call('HMGET', counted, session, told)
  local before, most = tonumber(known[1] or 0), math.max(tonumber(known[2] or 0), tonumber(total))
  local fresh = tonumber(total) < 0 and bytes or math.max(0, math.min(bytes, most - before))
  redis.call('HINCRBY', used, 'held', -bytes)
  redis.call('HINCRBY', used, 'bytes', string.format('%.0f', fresh))
  if redis.call('ZSCORE', live, session) then
    redis.call('HSET', counted, session, string.format('%.0f', before + fresh), told, string.format('%.0f', most))
  end
  keep_counts(life_ms)
end
return { 'ok', unpack(standings(now_ms(), held_to, presets)) }
