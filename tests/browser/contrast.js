// What a reader with weak eyes cannot read: texts whose contrast is below WCAG 2.2's level AA.
() => {
  const parse = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  };
  const over = (color, below) =>
    [0, 1, 2].map((i) => color[i] * color[3] + below[i] * (1 - color[3]));
  const background = (element) => {
    if (!element) return [255, 255, 255];
    const color = parse(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, background(element.parentElement));
  };
  const luminance = (color) => {
    const [red, green, blue] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const weak = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const isShown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!texts.currentNode.data.trim() || !isShown) continue;
    const style = getComputedStyle(element);
    const below = background(element);
    const [dark, light] = [over(parse(style.color), below), below]
      .map(luminance)
      .sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (isLarge ? 3 : 4.5))
      weak.add(`${texts.currentNode.data.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return [...weak];
};
