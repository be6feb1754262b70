// Before the first paint: the theme that was chosen, if it is not the system's.
try {
  var theme = localStorage.getItem("belfry.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch (e) {}
