-- Whether bytes are UTF-8, by the table of well-formed sequences: no overlong form, no surrogate,
-- nothing above U+10FFFF. Bytes that are not UTF-8 have to travel as base64.

local byte, char, floor = string.byte, string.char, math.floor

local utf8 = {}

-- How many bytes follow a lead byte, and the range that the first of them must lie in.
local function following(lead)
  if lead < 0xC2 then return nil end
  if lead < 0xE0 then return 1, 0x80, 0xBF end
  if lead == 0xE0 then return 2, 0xA0, 0xBF end
  if lead == 0xED then return 2, 0x80, 0x9F end
  if lead < 0xF0 then return 2, 0x80, 0xBF end
  if lead == 0xF0 then return 3, 0x90, 0xBF end
  if lead < 0xF4 then return 3, 0x80, 0xBF end
  if lead == 0xF4 then return 3, 0x80, 0x8F end
  return nil
end

-- Where the sequence that begins at `at` ends, or nil if it is not one.
local function sequence_end(text, at)
  local count, low, high = following(byte(text, at))
  if not count or at + count > #text then return nil end
  for index = at + 1, at + count do
    local value = byte(text, index)
    if value < low or value > high then return nil end
    low, high = 0x80, 0xBF
  end
  return at + count
end

-- Whether `text` is UTF-8 from its first byte to its last.
function utf8.is_valid(text)
  local at, size = 1, #text
  while at <= size do
    if byte(text, at) >= 0x80 then
      at = sequence_end(text, at)
      if not at then return false end
    end
    at = at + 1
  end
  return true
end

-- The bytes of one code point, which is no surrogate and at most 0x10FFFF.
function utf8.encode(point)
  if point < 0x80 then return char(point) end
  local last = 0x80 + point % 0x40
  if point < 0x800 then return char(0xC0 + floor(point / 0x40), last) end
  local third = 0x80 + floor(point / 0x40) % 0x40
  if point < 0x10000 then return char(0xE0 + floor(point / 0x1000), third, last) end
  return char(0xF0 + floor(point / 0x40000), 0x80 + floor(point / 0x1000) % 0x40, third, last)
end

-- `text` itself where it is UTF-8, else its bytes read as ISO-8859-1, as HTTP once defined headers.
function utf8.header_text(text)
  if utf8.is_valid(text) then return text end
  return (text:gsub("[\128-\255]", function(raw) return utf8.encode(byte(raw)) end))
end

-- `text` itself where it is UTF-8, else with every byte above ASCII percent-encoded, as URIs are.
function utf8.uri_text(text)
  if utf8.is_valid(text) then return text end
  return (text:gsub("[\128-\255]", function(raw) return ("%%%02X"):format(byte(raw)) end))
end

return utf8
