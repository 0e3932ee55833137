--- into(lists, name, value): adds to the list of that name.
local function into(lists, name, value)
  local list = lists[name]
  if list then list[#list + 1] = value else lists[name] = { value } end
end
