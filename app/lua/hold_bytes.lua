-- Hold bytes for an upload that is about to be kept in a session: as many as the quota has left.
-- What is held counts as used until it is settled (count_bytes), by the upload itself or, if its replica is killed,
-- by the sweeper, which asks the session what it has kept.
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
--   nonce    text  tells this upload from all others
--   wanted   integer  how many bytes it may come to
--   held_to  text  a tier whose limits bound the call besides the organisation's own; empty for none
--   presets  text  the limits of the tiers
--   life_ms  integer  life of what is counted after the last change, in ms
-- replies:
--   ok  how many bytes may be kept; the hold's name, empty for none; then the standings before it
-- atomic: uploads together never hold more than is left.
-- include: now_ms, month_of, limit_of, standings, keep_counts
local now = now_ms()
local told = standings(now, held_to, presets)
-- Behind the tier and the time stand four values a quota, of which bytes_per_month is the fourth.
local limit, spent = told[15], told[16]
local granted = tonumber(wanted)
if limit ~= '' then
  granted = math.max(0, math.min(granted, limit - spent))
end
if granted == 0 then
  return { 'ok', 0, '', unpack(told) }
end
local hold = string.format('%s %.0f %s', session, granted, nonce)
redis.call('ZADD', holds, string.format('%.0f', now), hold)
redis.call('HINCRBY', used, 'held', granted)
keep_counts(life_ms)
return { 'ok', granted, hold, unpack(told) }
