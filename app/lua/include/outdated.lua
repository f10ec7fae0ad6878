-- Whether rules or case were replaced after the revision by which a hop was decided about.
local function outdated(session, revision)
  local held = redis.call('HMGET', session, 'rulesRevision', 'caseRevision')
  return tonumber(held[1] or 0) > tonumber(revision) or tonumber(held[2] or 0) > tonumber(revision)
end
