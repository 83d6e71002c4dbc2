import DefaultTheme from 'vitepress/theme'
import './style.css'
import './wide.css'
import './front.css'

export default DefaultTheme
