-- Charge a create to its organisation: one of every quota of sessions, or none of any.
-- The charge comes before the session, which lies in another slot, and is a reservation until somebody has seen
-- the session. A create that fails gives it back itself (settle_sessions). If its replica is killed in between,
-- whoever next looks at what is reserved for more than 10 s (the sweeper within a minute, or the next call that
-- would be refused) looks for the session: if it is there, the charge stands, and if not, it is given back.
-- keys:
--   record    hash  the organisation: its tier and its own limits
--   used      hash  the month that is counted: sessions, bytes; and bytes that uploads under way hold
--   minute    zset  creates of the last 60 s by their time
--   live      zset  open sessions by when they were last known to be open
--   reserved  zset  those of them that nobody has seen yet since their create was charged, by that time
--   holds     zset  bytes that uploads under way hold ("session bytes nonce") by their time
--   counted   hash  how many bytes of a session were counted already, and how many it was told to have kept
-- args:
--   session  text  the id that the session will have
--   held_to  text  a tier whose limits bound the call besides the organisation's own; empty for none
--   presets  text  the limits of the tiers
--   life_ms  integer  life of what is counted after the last change, in ms
-- replies:
--   ok    charged; then the standings with it (include/standings.lua)
--   over  nothing is charged: something is used up; then the standings
-- atomic: every quota is looked at before any is charged, for all replicas together.
-- include: now_ms, month_of, limit_of, standings, keep_counts
local now = now_ms()
local told = standings(now, held_to, presets)
for place = 3, #told, 4 do
  if told[place] ~= '' and told[place + 1] >= told[place] then
    return { 'over', unpack(told) }
  end
end
for _, set in ipairs({ minute, live, reserved }) do
  redis.call('ZADD', set, string.format('%.0f', now), session)
end
redis.call('HINCRBY', used, 'sessions', 1)
keep_counts(life_ms)
return { 'ok', unpack(standings(now, held_to, presets)) }
