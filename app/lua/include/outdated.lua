-- Whether a document was replaced after a hop was decided about; the version is 'revision-tag'.
-- The tag tells two writes of one revision apart, of which the first was lost in a failover.
local function outdated(revision, tag, version)
  return revision .. '-' .. (tag or '') ~= version
end
