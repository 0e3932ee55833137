--- named(body): the name of the task that a body is of; it stands in the body's first line.
local function named(body)
  return cjson.decode(string.sub(body, 1, string.find(body, '\n', 1, true) - 1)).name
end
