-- Change an organisation's record.
-- keys:
--   org  hash  the organisation's record; it has no expiry
-- args:
--   fields  list  names and values of the record's fields, in turn; an empty value removes its field
-- replies:
--   ok    changed
--   gone  no organisation has this name
-- atomic: all fields change at once, and none is made of an organisation that is not there.
if redis.call('EXISTS', org) == 0 then
  return { 'gone' }
end
for i = 1, #fields, 2 do
  if fields[i + 1] == '' then
    redis.call('HDEL', org, fields[i])
  else
    redis.call('HSET', org, fields[i], fields[i + 1])
  end
end
return { 'ok' }
