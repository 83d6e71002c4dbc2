import DefaultTheme from 'vitepress/theme'
import './style.css'
import './front.css'

export default DefaultTheme
