--- list_of(text): reads a list off JSON; what stands for nothing is empty.
local function list_of(text)
  if not text or text == '' then return {} end
  return cjson.decode(text)
end
