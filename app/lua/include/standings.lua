-- Every quota of an organisation, in the order of `QUOTAS` (limits.py): its limit ('' for none), what is used, when
-- that becomes less by itself (in ms since the epoch, 0 for never) and its window in ms (0 for none); before them the
-- tier ('' for an organisation without a record) and the time. Both the limits and the rows below have that order.
-- A minute is any 60 s: a create counts for 60 s from its own moment, so that no border lets twice as many
-- through. A month is the calendar's in UTC; should the clock go back over its border, the newer one stays.
local function standings(now, held_to, presets)
  redis.call('ZREMRANGEBYSCORE', minute, '-inf', string.format('%.0f', now - 60000))
  local month, first = month_of(now)
  local _, ends = month_of(first + 31 * 86400000)
  if month > tonumber(redis.call('HGET', used, 'month') or 0) then
    redis.call('HDEL', used, 'sessions', 'bytes')
    redis.call('HSET', used, 'month', month)
    redis.call('PEXPIRE', used, ends - first + 31 * 86400000)
  end
  local org = redis.call('HMGET', record, 'tier', 'limit:sessions_per_minute', 'limit:sessions_per_month',
    'limit:open_sessions', 'limit:bytes_per_month')
  local counts = redis.call('HMGET', used, 'sessions', 'bytes', 'held')
  local oldest = redis.call('ZRANGE', minute, 0, 0, 'WITHSCORES')[2]
  local rows = {
    { 'sessions_per_minute', redis.call('ZCARD', minute), oldest and tonumber(oldest) + 60000 or 0, 60000 },
    { 'sessions_per_month', tonumber(counts[1] or 0), ends, ends - first },
    { 'open_sessions', redis.call('ZCARD', live), 0, 0 },
    { 'bytes_per_month', tonumber(counts[2] or 0) + tonumber(counts[3] or 0), ends, ends - first },
  }
  local told = { org[1] or '', now }
  for place, row in ipairs(rows) do
    told[#told + 1] = limit_of(row[1], org[1], org[place + 1], held_to, presets) or ''
    told[#told + 1], told[#told + 2], told[#told + 3] = row[2], row[3], row[4]
  end
  return told
end
